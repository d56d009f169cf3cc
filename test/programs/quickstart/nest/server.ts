import "reflect-metadata";
import { Controller, Get, Inject, Injectable, Module } from "@nestjs/common";
import { NestFactory } from "@nestjs/core";

@Injectable()
class AppService {
  getHello(): string {
    return "Hello World!";
  }
}

@Controller()
class AppController {
  // esbuild writes no types of parameters down (emitDecoratorMetadata), so what is injected is named.
  constructor(@Inject(AppService) private readonly appService: AppService) {}

  @Get()
  getHello(): string {
    return this.appService.getHello();
  }
}

@Module({ controllers: [AppController], providers: [AppService] })
class AppModule {}

export const app = NestFactory.create(AppModule, { logger: ["error"] });
